"""A route that refuses a JSON body in which a field occurs twice."""

import json
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from fleet.json_object import RepeatedFieldError, each_field_once


class StrictRequest(Request):
    """A request whose JSON has each field once. Which of two values is meant, only the sender knows."""

    async def json(self) -> Any:
        """Return the body. Raises: HTTPException if a field occurs twice in one object, or the body cannot be read."""
        try:
            return json.loads(await self.body(), object_pairs_hook=each_field_once)
        except RepeatedFieldError as error:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"body: {error}") from None
        except (UnicodeDecodeError, RecursionError):
            detail = "body: found bytes that are no text, or very deep nesting, expected JSON in UTF-8"
            raise HTTPException(HTTPStatus.BAD_REQUEST, detail) from None


class StrictRoute(APIRoute):
    """Reads its requests as `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of FastAPI, which then sees a `StrictRequest`."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strictly
