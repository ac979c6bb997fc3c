"""rows of users

Revision ID: r12
Revises: r11
Create Date: 2024-02-12 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r12"
down_revision = "r11"
branch_labels = None
depends_on = None


def upgrade():
    users = sa.table("users", sa.column("name", sa.String))
    op.bulk_insert(users, [{"name": "Ada"}, {"name": "Grace"}])


def downgrade():
    op.execute("DELETE FROM users")
