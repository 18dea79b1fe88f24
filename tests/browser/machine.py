"""The sample app as one of several machines, which tells by a header which one has answered."""

from __future__ import annotations

import os

from flask import Response

from app import app


@app.after_request
def add_name(response: Response) -> Response:
    response.headers["X-Machine"] = os.environ["MACHINE"]
    return response
