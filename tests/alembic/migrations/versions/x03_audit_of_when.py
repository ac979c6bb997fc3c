"""audit of when

Revision ID: x03
Revises: x02
Create Date: 2024-02-17 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "x03"
down_revision = "x02"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("audit", sa.Column("at", sa.Integer))


def downgrade():
    op.drop_column("audit", "at")
