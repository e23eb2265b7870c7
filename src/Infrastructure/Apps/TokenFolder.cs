using System.Text;
using System.Text.RegularExpressions;

namespace PeerRegistry.Infrastructure.Apps;

/// <summary>
/// A folder with a file for each token, mode 0600, that nobody but the core writes to. A file appears whole, and a later token is written over the
/// earlier one in one step and at the same length: the file stays the same one, so that a container into which it alone was mounted sees the new token,
/// and it never holds half of one. Symbolic links are never followed.
/// </summary>
internal sealed partial class TokenFolder(string folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>A token and a line feed.</summary>
    private const int Length = 44;

    /// <summary>Checks the folder, and creates it with mode 0700 if it is missing.</summary>
    /// <returns>What is wrong with it, in a sentence, or null.</returns>
    public string? Fault()
    {
        try
        {
            if (OperatingSystem.IsWindows())
                return "Apps__TokenDirectory needs file modes, which this system does not have.";
            if (File.Exists(folder))
                return $"Apps__TokenDirectory must name a folder; '{folder}' is a file.";
            if (!Directory.Exists(folder))
                Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
            if ((File.GetUnixFileMode(folder) & ByOthers) != UnixFileMode.None)
                return $"Apps__TokenDirectory must not be writable by others: chmod go-w '{folder}'.";
            using (Draft())
                return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"Apps__TokenDirectory cannot be written to: {e.Message}";
        }
    }

    /// <returns>The token in a file, or null if there is none, or the file is anything but one that was written here.</returns>
    public string? Read(string name)
    {
        var file = new FileInfo(PathOf(name));
        if (!IsOurs(file))
            return null;

        var text = File.ReadAllText(file.FullName, Encoding.ASCII);
        return TokenLine().IsMatch(text) ? text[..^1] : null;
    }

    /// <summary>Opens the file of a token that is still to be issued, so that none is issued that cannot be written.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public Place Open(string name)
    {
        var file = new FileInfo(PathOf(name));
        if (IsOurs(file))
            return new(new FileStream(file.FullName, FileMode.Open, FileAccess.Write), null);
        if (Directory.Exists(file.FullName) && file.LinkTarget is null)
            throw new IOException($"{file.FullName} is a folder.");
        return new(Draft(), file.FullName);
    }

    /// <summary>Deletes the files with tokens that were written here under any other name.</summary>
    public void KeepOnly(IReadOnlySet<string> names)
    {
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            if (Path.GetFileName(path) is var name && AppFile().IsMatch(name) && !names.Contains(name) && Read(name) is not null)
                File.Delete(path);
        }
    }

    private static bool IsOurs(FileInfo file) =>
        file is { Exists: true, LinkTarget: null, Length: Length } && !file.Attributes.HasFlag(FileAttributes.Directory) && file.UnixFileMode == OwnerOnly;

    private string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>A new file, deleted when it is closed unless it was moved.</summary>
    private FileStream Draft() => new(PathOf($".{Path.GetRandomFileName()}"), new FileStreamOptions
    {
        Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, Options = FileOptions.DeleteOnClose,
    });

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{43}\n\z")]
    private static partial Regex TokenLine();

    /// <summary>The name of an app, alone or with a short ID.</summary>
    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]*(\.[a-z0-9]{6})?\z")]
    private static partial Regex AppFile();

    /// <param name="to">The name that the file gets, or null if it has it.</param>
    internal sealed class Place(FileStream file, string? to) : IDisposable
    {
        public void Write(string token)
        {
            file.Write(Encoding.ASCII.GetBytes(token + "\n"));
            file.Flush(flushToDisk: true);
            if (to is not null)
                File.Move(file.Name, to, overwrite: true); // a link is replaced, not followed
        }

        public void Dispose() => file.Dispose();
    }
}
