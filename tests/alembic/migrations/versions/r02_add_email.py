"""add email

Revision ID: r02
Revises: r01
Create Date: 2024-02-02 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r02"
down_revision = "r01"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("email", sa.String(200), server_default="it's 100%"))


def downgrade():
    op.drop_column("users", "email")
