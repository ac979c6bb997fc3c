"""create invoices

Revision ID: r15
Revises: r14
Create Date: 2024-02-18 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r15"
down_revision = "r14"
branch_labels = None
depends_on = ("x02",)


def upgrade():
    op.create_table("invoices", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("invoices")
