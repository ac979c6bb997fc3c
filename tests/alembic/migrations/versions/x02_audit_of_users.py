"""audit of users

Revision ID: x02
Revises: x01
Create Date: 2024-02-16 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "x02"
down_revision = "x01"
branch_labels = None
depends_on = "r01"


def upgrade():
    op.add_column("audit", sa.Column("user_id", sa.Integer))


def downgrade():
    op.drop_column("audit", "user_id")
