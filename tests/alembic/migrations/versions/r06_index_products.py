"""index products

Revision ID: r06
Revises: r05
Create Date: 2024-02-06 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r06"
down_revision = "r05"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("products_n", "products", ["n"])


def downgrade():
    op.drop_index("products_n", "products")
