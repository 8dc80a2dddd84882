"""A certificate for this machine, signed by nobody else."""

import subprocess
from pathlib import Path


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for localhost; return the files of the certificate, and of both it and its key (PEM)."""
    certificate, both = folder / "ca.pem", folder / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(both), "-out", str(certificate)),
        ],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    both.write_text(both.read_text() + certificate.read_text())
    return certificate, both
