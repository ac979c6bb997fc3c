"""add body

Revision ID: r08
Revises: r07
Create Date: 2024-02-08 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r08"
down_revision = "r07"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("posts", sa.Column("body", sa.Text))


def downgrade():
    op.drop_column("posts", "body")
