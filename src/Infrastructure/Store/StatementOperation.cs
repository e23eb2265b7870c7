using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Weasel.Core;
using Weasel.Storage;
using ICommandBuilder = Weasel.Postgresql.ICommandBuilder;
using IStorageOperation = Marten.Internal.Operations.IStorageOperation;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>A statement of ours, with parameters <c>$1</c>, <c>$2</c>, …, as part of a session. It returns no rows.</summary>
internal sealed partial class StatementOperation(NpgsqlBatchCommand statement) : IStorageOperation, NoDataReturnedCall
{
    public Type DocumentType => typeof(StatementOperation);

    public void ConfigureCommand(ICommandBuilder builder, IStorageSession session)
    {
        var text = statement.CommandText;
        var written = 0;
        foreach (var place in Placeholder().EnumerateMatches(text))
        {
            var parameter = statement.Parameters[int.Parse(text.AsSpan(place.Index + 1, place.Length - 1), CultureInfo.InvariantCulture) - 1];
            builder.Append(text[written..place.Index]);
            builder.AppendParameter(parameter.Value, parameter.NpgsqlDbType);
            written = place.Index + place.Length;
        }

        builder.Append(text[written..]);
    }

    public Task PostprocessAsync(DbDataReader reader, IList<Exception> exceptions, CancellationToken token) => Task.CompletedTask;

    public OperationRole Role() => OperationRole.Other;

    [GeneratedRegex(@"\$[0-9]+")]
    private static partial Regex Placeholder();
}
