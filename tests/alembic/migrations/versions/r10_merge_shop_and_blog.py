"""merge shop and blog

Revision ID: r10
Revises: r06, r09
Create Date: 2024-02-10 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r10"
down_revision = ("r06", "r09")
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
