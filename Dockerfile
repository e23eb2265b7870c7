FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/Api/Api.csproj --configuration Release --output /published

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN install -d -o app -g app -m 0700 /data
WORKDIR /registry
COPY --from=build /published .
USER app
VOLUME /data
ENV Data__Directory=/data \
    Listen__Edge=http://0.0.0.0:8080 \
    Listen__Internal=http://0.0.0.0:80
EXPOSE 8080 80
ENTRYPOINT ["dotnet", "PeerRegistry.Api.dll"]
