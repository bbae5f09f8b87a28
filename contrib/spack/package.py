# SPDX-License-Identifier: BSD-3-Clause
"""Spack recipe of libaml-dma. LIBAML_DMA_GIT is the address of the git repository."""

import os

from spack.package import *


class LibamlDma(AutotoolsPackage):
    """Asynchronous copies between memory layouts, in worker threads."""

    git = os.environ.get("LIBAML_DMA_GIT", "libaml-dma")

    license("BSD-3-Clause")

    version("main", branch="main")

    variant("shared", default=True, description="Build the shared library")
    variant("static", default=True, description="Build the static library")
    conflicts("~shared~static")

    depends_on("c", type="build")
    depends_on("autoconf@2.69:", type="build")
    depends_on("automake@1.15:", type="build")
    depends_on("libtool", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("check@0.13:", type="test")

    def autoreconf(self, spec, prefix):
        Executable("./autogen.sh")()

    def configure_args(self):
        return self.enable_or_disable("shared") + self.enable_or_disable("static")
