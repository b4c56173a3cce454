from django.urls import path

from apps.live.consumers import LiveConsumer

websocket_routes = [path("ws/live/<uuid:session_id>/", LiveConsumer.as_asgi())]
