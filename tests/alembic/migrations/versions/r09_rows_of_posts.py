"""rows of posts

Revision ID: r09
Revises: r08
Create Date: 2024-02-09 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r09"
down_revision = "r08"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("INSERT INTO posts (title, body) VALUES ('first; post', '-- migrate this')")


def downgrade():
    op.execute("DELETE FROM posts")
