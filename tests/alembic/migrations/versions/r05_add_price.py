"""add price

Revision ID: r05
Revises: r04
Create Date: 2024-02-05 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r05"
down_revision = "r04"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("products", sa.Column("price", sa.Integer))


def downgrade():
    op.drop_column("products", "price")
