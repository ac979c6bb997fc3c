"""titles are there

Revision ID: r14
Revises: r13
Create Date: 2024-02-14 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r14"
down_revision = "r13"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("posts") as batch:
        batch.alter_column("title", existing_type=sa.Text(), nullable=False)


def downgrade():
    with op.batch_alter_table("posts") as batch:
        batch.alter_column("title", existing_type=sa.Text(), nullable=True)
