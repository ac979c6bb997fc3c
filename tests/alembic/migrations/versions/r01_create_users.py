"""create users

Revision ID: r01
Revises: 
Create Date: 2024-02-01 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r01"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
    )


def downgrade():
    op.drop_table("users")
