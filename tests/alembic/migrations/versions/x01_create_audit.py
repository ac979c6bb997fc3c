"""create audit

Revision ID: x01
Revises: 
Create Date: 2024-02-15 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "x01"
down_revision = None
branch_labels = "audit"
depends_on = None


def upgrade():
    op.create_table("audit", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("audit")
