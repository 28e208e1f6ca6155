"""Read a table or a query of a database through SQLAlchemy; a password never reaches a message."""

import hashlib
import os

import pandas as pd

from inputs.sources.raw import Opened, Unreadable, as_raw
from scenarios.schema.data import Source


def open_database(source: Source) -> Opened:
    """Fetch the rows that `source.url` with `table` or `query` gives.

    The password comes from the environment variable that `password_env` names.

    Raises:
        Unreadable: no such variable, driver, database, table or column.
    """
    import sqlalchemy
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    secret = None
    try:
        url = make_url(source.url or "")
    except SQLAlchemyError:
        raise Unreadable("the url is no database address; write for example sqlite:///crm.db") from None
    if source.password_env is not None:
        secret = os.environ.get(source.password_env)
        if secret is None:
            raise Unreadable(f"the environment variable {source.password_env} (password_env) is not set")
        url = url.set(password=secret)
    label = f"{url.set(password=None).render_as_string()} {source.table or 'query'}"
    if url.drivername.startswith("sqlite") and url.database and not os.path.exists(url.database):
        raise Unreadable(f"the database {url.database} does not exist")
    hidden = [word for word in (secret, url.password) if word]
    try:
        engine = sqlalchemy.create_engine(url)
        try:
            with engine.connect() as connection:
                if source.query is not None:
                    statement: sqlalchemy.Executable = sqlalchemy.text(source.query)
                else:
                    schema, _, name = (source.table or "").rpartition(".")
                    statement = sqlalchemy.select("*").select_from(sqlalchemy.table(name, schema=schema or None))
                result = connection.execute(statement)
                frame = pd.DataFrame.from_records(list(result.fetchall()), columns=list(result.keys()))
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        text = str(getattr(error, "orig", None) or error).splitlines()[0]
        for word in hidden:
            text = text.replace(word, "***")
        raise Unreadable(f"the database says: {text}") from None
    digest = hashlib.sha256("\x1f".join(map(str, frame.columns)).encode())
    for row in frame.itertuples(index=False, name=None):
        digest.update(repr(row).encode())
    return Opened(label, label, digest.hexdigest(), lambda: as_raw(frame))
