"""create orders

Revision ID: r03
Revises: r02
Create Date: 2024-02-03 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r03"
down_revision = "r02"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    )


def downgrade():
    op.drop_table("orders")
