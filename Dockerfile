# The steps are the studio script's own: what the tests run is what the image does.
# Debian has libtorch, and the SDK's folder runs there as it is. 12, not 13: see docs/operations.md.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS dotnet
FROM debian:12 AS studio
COPY --from=dotnet /usr/share/dotnet /usr/share/dotnet
ENV PATH=$PATH:/usr/share/dotnet
WORKDIR /studio
COPY . .
# Packages, the native file, Web and Worker. A CUDA libtorch's folder may be given in Torch_DIR (see docs/operations.md).
ARG Torch_DIR=""
ENV Torch_DIR=${Torch_DIR}
RUN ./studio build
ENV Studio__DataFolder=/data Studio__BackboneFolders__1=/data/backbones Studio__TaskFolders__1=/data/tasks
VOLUME /data
EXPOSE 5080

# docker build --target web, --target worker; compose.yaml names them.
FROM studio AS web
CMD ["dotnet", "artifacts/app/Web/PeftStudio.Web.dll", "--contentRoot", "/studio"]

FROM studio AS worker
ENV LD_PRELOAD=libtcmalloc_minimal.so.4
CMD ["dotnet", "artifacts/app/Worker/PeftStudio.Worker.dll", "worker", "--device", "cpu"]
