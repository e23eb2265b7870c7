using System.Diagnostics;

namespace PeerRegistry.Bench;

/// <summary>The installed nginx with one worker.</summary>
internal static class Nginx
{
    /// <param name="folder">Gets a folder of this name for its files.</param>
    /// <param name="servers">What stands in the <c>http</c> block.</param>
    public static Process Start(string folder, string name, string servers)
    {
        var prefix = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        File.WriteAllText(Path.Combine(prefix, "nginx.conf"), $$"""
            daemon off;
            worker_processes 1;
            {{(Environment.UserName == "root" ? "user root;" : "")}}
            pid {{prefix}}/pid;
            events { worker_connections 4096; }
            http {
                access_log off;
                client_body_temp_path {{prefix}}/body; proxy_temp_path {{prefix}}/proxy; fastcgi_temp_path {{prefix}}/f; uwsgi_temp_path {{prefix}}/u; scgi_temp_path {{prefix}}/s;
                {{servers}}
            }
            """);
        var program = File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
        return Process.Start(program, ["-p", prefix, "-e", $"{prefix}/error.log", "-c", $"{prefix}/nginx.conf"]);
    }
}
