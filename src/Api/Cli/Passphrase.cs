using System.Text;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Api.Cli;

/// <summary>
/// The passphrase of a backup file: from the environment, a file, or the terminal, where it is not shown. Never from the arguments, which
/// everybody on the machine can read.
/// </summary>
internal static class Passphrase
{
    /// <param name="isNew">Asked for twice, since nobody can open the file after a slip of the finger.</param>
    /// <exception cref="StartRefusedException">There is none.</exception>
    public static string Get(RegistryOptions.BackupOptions options, bool isNew)
    {
        if (options.Passphrase is { Length: > 0 } given)
            return given;
        if (options.PassphraseFile is { Length: > 0 } file)
            return File.ReadAllText(file).TrimEnd('\r', '\n');
        if (Console.IsInputRedirected)
            throw new StartRefusedException("There is no terminal to ask for the passphrase. Set Backup__Passphrase or Backup__PassphraseFile in the environment.");

        var typed = Ask("Passphrase of the backup: ");
        return !isNew || Ask("The same again: ") == typed ? typed : throw new StartRefusedException("These were two different passphrases. Nothing was written.");
    }

    private static string Ask(string question)
    {
        Console.Error.Write(question);
        var typed = new StringBuilder();
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }
}
