"""A certificate authority of the test's own, made with openssl, and what it signs."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Authority:
    """`trusted`: the file that makes it trusted."""

    folder: Path

    @property
    def trusted(self) -> str:
        return str(self.folder / "ca.pem")

    def server(self, name: str) -> ssl.SSLContext:
        """A server that is `name`, like DNS:localhost."""
        key, request, made = (str(self.folder / f"{len(name)}.{kind}") for kind in ("key", "csr", "pem"))
        extra = self.folder / "extra"
        extra.write_text(f"subjectAltName={name}\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\n")
        run("req", "-newkey", "ec", *CURVE, "-keyout", key, "-out", request, "-subj", "/CN=test")
        signer = ("-CA", self.trusted, "-CAkey", str(self.folder / "ca.key"), "-CAcreateserial")
        run("x509", "-req", "-in", request, *signer, "-days", "2", "-out", made, "-extfile", str(extra))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made, key)
        return context


CURVE = ("-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def run(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def authority(folder: Path) -> Authority:
    """A new one."""
    made = Authority(folder)
    key = str(folder / "ca.key")
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    words = ("req", "-x509", "-newkey", "ec", *CURVE, "-days", "2", "-subj", "/CN=a test's authority")
    run(*words, *usage, "-keyout", key, "-out", made.trusted)
    return made
