# As `alembic init` writes it, without models and logging; DATABASE_URL wins where it runs online.
import os

from alembic import context
from sqlalchemy import create_engine

config = context.config

if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    url = os.environ.get("DATABASE_URL", config.get_main_option("sqlalchemy.url"))
    with create_engine(url).connect() as connection:
        context.configure(connection=connection, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
