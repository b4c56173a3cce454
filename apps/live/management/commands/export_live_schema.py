"""Write the live protocol's JSON Schema and TypeScript; ``--check`` only compares."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.live.protocol import PROTOCOL_MINOR
from apps.live.protocol.export import render_schema, render_typescript
from apps.live.protocol.older import HISTORY


class Command(BaseCommand):
    help = "Generate frontend/src/protocol/{schema.json,generated.ts} from apps/live/protocol."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--keep",
            action="store_true",
            help="with a release: keep the schema for windows that stay open over the next update",
        )
        parser.add_argument("--check", action="store_true", help="fail if the files differ")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "frontend" / "src" / "protocol"
        rendered = {"schema.json": render_schema(), "generated.ts": render_typescript()}
        stale = [name for name, text in rendered.items() if _read(folder / name) != text]
        if options["check"]:
            if stale:
                raise CommandError(f"out of date: {', '.join(stale)}; run export_live_schema")
            return
        if options["keep"]:
            (HISTORY / f"v1.{PROTOCOL_MINOR}.json").write_text(render_schema(), encoding="utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (folder / name).write_text(rendered[name], encoding="utf-8")
        self.stdout.write(f"written: {', '.join(stale) or 'nothing, all up to date'}")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
