"""create payments

Revision ID: r16
Revises: r15
Create Date: 2024-02-19 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r16"
down_revision = "r15"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("payments", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("payments")
