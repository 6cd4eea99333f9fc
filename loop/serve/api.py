"""The API: what happened and what people said of it, in; what is live, out."""

import asyncio

from starlette.responses import JSONResponse, Response

from loop.collect.api import VersionAnswer
from loop.serve.calls import Call, Endpoint


async def healthy(call: Call) -> Response:
    """Whether this process takes anything; says nothing else, because it asks nobody who they are."""
    del call
    return JSONResponse({"status": "ok"})


async def show_version(call: Call) -> Response:
    """The live version of an agent."""
    agent = call.request.path_params["agent"]
    head = await asyncio.to_thread(lambda: call.site.parts(agent).store.head())
    told = VersionAnswer(agent=agent, number=head.number, digest=head.digest, released_at=head.released_at)
    return Response(told.model_dump_json(), media_type="application/json")


_AGENT = "/api/v1/agents/{agent}"

ENDPOINTS = (
    Endpoint(methods=("GET",), path="/healthz", handler=healthy, auth="none"),
    Endpoint(
        methods=("GET",),
        path=f"{_AGENT}/version",
        handler=show_version,
        verb="versions:read",
        summary="The version that is live",
        gives=VersionAnswer,
    ),
)
