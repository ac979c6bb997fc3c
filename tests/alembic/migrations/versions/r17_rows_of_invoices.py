"""rows of invoices

Revision ID: r17
Revises: r16
Create Date: 2024-02-20 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r17"
down_revision = "r16"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("INSERT INTO invoices (id) VALUES (1)")


def downgrade():
    raise NotImplementedError("invoices stay")
