"""Print docs/permissions.md anew."""

from pathlib import Path

from tests.security.permissions.page import print_page
from tests.security.permissions.table import Table

if __name__ == "__main__":
    page = Path(__file__).parents[3] / "docs" / "permissions.md"
    page.write_text(print_page(Table()), encoding="utf-8")
