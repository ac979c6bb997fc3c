"""lower all names

Revision ID: r13
Revises: r12
Create Date: 2024-02-13 09:30:00.123456

"""
import sqlalchemy as sa
from alembic import op

revision = "r13"
down_revision = "r12"
branch_labels = None
depends_on = None


def upgrade():
    connection = op.get_bind()
    for id, name in connection.execute(sa.text("SELECT id, name FROM users")).fetchall():
        connection.execute(sa.text("UPDATE users SET name = :name WHERE id = :id"), {"name": name.lower(), "id": id})


def downgrade():
    pass
