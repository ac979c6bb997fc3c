"""create posts

Revision ID: r07
Revises: r03
Create Date: 2024-02-07 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r07"
down_revision = "r03"
branch_labels = ("blog",)
depends_on = None


def upgrade():
    op.create_table("posts", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.Text))


def downgrade():
    op.drop_table("posts")
