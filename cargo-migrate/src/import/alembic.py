# Prints the revisions of an Alembic project, each with its SQL of both directions, as Alembic's offline mode makes it.
#
# Arguments: alembic.ini, or `-`; the folder of env.py, or `-`; the URL that names the dialect; the file to write JSON to.
# A revision is run alone: a range of `alembic upgrade --sql` would take other branches along.
import io
import json
import sys

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationStep
from alembic.script import ScriptDirectory

ini, folder, url, target = sys.argv[1:5]
config = Config(None if ini == "-" else ini)
if folder != "-":
    config.set_main_option("script_location", folder.replace("%", "%%"))
config.set_main_option("sqlalchemy.url", url)
script = ScriptDirectory.from_config(config)
BEGIN, END = "-- revchain: begin", "-- revchain: end"


def plainly(configure):
    """Lets env.py configure as it does, but for a driver's own style, in which each `%` is doubled.

    What `alembic init` writes says the same; older projects do not.
    """

    def configured(*arguments, **options):
        options["dialect_opts"] = {"paramstyle": "named", **(options.get("dialect_opts") or {})}
        configure(*arguments, **options)

    return configured


def run(revision, upgrade):
    """Returns what one direction of a revision prints, or why it prints nothing."""
    buffer = io.StringIO()
    config.output_buffer = buffer
    make = MigrationStep.upgrade_from_script if upgrade else MigrationStep.downgrade_from_script

    def steps(_, context):
        step = make(script.revision_map, revision)
        inner = step.migration_fn

        def marked(**arguments):
            context.impl.static_output(BEGIN)
            inner(**arguments)
            context.impl.static_output(END)

        step.migration_fn = marked
        return [step]

    parents = list(revision._versioned_down_revisions)
    before = parents if upgrade else [revision.revision]
    try:
        with EnvironmentContext(
            config, script, fn=steps, as_sql=True, starting_rev=before or "base", destination_rev=None
        ) as environment:
            environment.configure = plainly(environment.configure)
            script.run_env()
        text = buffer.getvalue()
        return {"sql": text.split(BEGIN, 1)[1].rsplit(END, 1)[0].strip()}
    except (Exception, SystemExit) as error:
        lines = str(error).strip().splitlines() or [""]
        return {"error": "%s: %s" % (type(error).__name__, lines[0])}


def listed(value):
    return [value] if isinstance(value, str) else list(value or ())


revisions = []
for revision in reversed(list(script.walk_revisions())):
    depends = [script.revision_map._revision_map[name].revision for name in listed(revision.dependencies)]
    revisions.append(
        {
            "id": revision.revision,
            "parents": listed(revision._versioned_down_revisions),
            "depends_on": depends,
            "labels": listed(getattr(revision.module, "branch_labels", None)),
            "message": revision.doc,
            "text": revision.longdoc,
            "path": revision.path,
            "upgrade": run(revision, True),
            "downgrade": run(revision, False),
        }
    )
with open(target, "w", encoding="utf-8") as file:
    json.dump(revisions, file)
