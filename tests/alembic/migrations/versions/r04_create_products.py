"""create products

Revision ID: r04
Revises: r03
Create Date: 2024-02-04 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r04"
down_revision = "r03"
branch_labels = "shop"
depends_on = None


def upgrade():
    op.create_table("products", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))


def downgrade():
    op.drop_table("products")
