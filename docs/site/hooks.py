"""What MkDocs is told besides mkdocs.yml: the README is the first page, and finds its files."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_DOCS = "docs/"
_TARGET = re.compile(r'(\]\(|(?:src|srcset|href)=")(?![a-z]+:|#|/)([^)"\s#]+)')
"""What stands before a link's relative target, in Markdown or HTML, and the target."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the README as the home page, with what it links to outside of docs/ beside it."""
    root = Path(config.config_file_path).parent
    readme = (root / "README.md").read_text()
    for target in {match[2] for match in _TARGET.finditer(readme)}:
        if not target.startswith(_DOCS):
            files.append(File.generated(config, target, abs_src_path=str(root / target)))
    home = _TARGET.sub(lambda match: match[1] + match[2].removeprefix(_DOCS), readme)
    files.append(File.generated(config, "index.md", content=home))
    return files
