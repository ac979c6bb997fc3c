"""index posts

Revision ID: r11
Revises: r10
Create Date: 2024-02-11 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r11"
down_revision = "r10"
branch_labels = None
depends_on = None


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("posts_title", "posts", ["title"], postgresql_concurrently=True)


def downgrade():
    op.drop_index("posts_title", "posts")
