"""Catalogues between their preview and their loading: the files and the choices, kept as one upload for a day."""

import json
from dataclasses import dataclass, field

from portfolio.common.models import User
from portfolio.intake.catalogues.formats import FORMATS, CatalogueFormat, Files
from portfolio.intake.catalogues.sessions import CatalogueReport
from portfolio.intake.models import CATALOGUE, Upload
from products.catalog.models import Product, ValueStream


@dataclass
class Bundle:
    """Some files of one format, and where the new rows go."""

    format: CatalogueFormat
    files: Files
    value_stream: ValueStream | None = None
    product: Product | None = None
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = [name for name, _ in self.files]

    def run(self, *, by: User, dry_run: bool = False, leave_out: bool = False) -> CatalogueReport:
        """Take the files over, or say what that would do."""
        return self.format.run(
            self.files,
            value_stream=self.value_stream,
            product=self.product,
            by=by,
            dry_run=dry_run,
            leave_out=leave_out,
        )

    def keep(self, user: User) -> Upload:
        """Keep it for its preview."""
        content = {
            # Bytes as they came, whether or not they are text: what is wrong with them is told with the rest.
            "files": [[name, data.decode("latin-1")] for name, data in self.files],
            "value_stream": self.value_stream.code if self.value_stream else "",
            "product": self.product.code if self.product else "",
        }
        name = ", ".join(self.names)
        name = name if len(name) <= 200 else f"{len(self.names)} files"
        return Upload.objects.keep(
            user=user, kind=f"{CATALOGUE}{self.format.name}", name=name, content=json.dumps(content).encode()
        )


def bundle_of(upload: Upload) -> Bundle:
    """Return what was kept."""
    content = json.loads(upload.data)
    return Bundle(
        FORMATS[upload.kind.removeprefix(CATALOGUE)],
        [(name, text.encode("latin-1")) for name, text in content["files"]],
        ValueStream.objects.filter(code=content["value_stream"]).first(),
        Product.objects.filter(code=content["product"]).first(),
    )
