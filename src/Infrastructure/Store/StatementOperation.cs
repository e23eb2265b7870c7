using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using Marten;
using Npgsql;
using Weasel.Core;
using Weasel.Storage;
using ICommandBuilder = Weasel.Postgresql.ICommandBuilder;
using IStorageOperation = Marten.Internal.Operations.IStorageOperation;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>
/// A statement of ours as part of a session. It has a constant text with parameters <c>$1</c>, <c>$2</c>, …, so that it is prepared, and returns no
/// rows. It runs in the transaction of the session's events; an error undoes all of it.
/// </summary>
internal partial class StatementOperation(NpgsqlBatchCommand statement) : IStorageOperation, NoDataReturnedCall
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

internal static class StatementExtensions
{
    /// <inheritdoc cref="StatementOperation"/>
    public static void Queue(this IDocumentSession session, string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var statement = new NpgsqlBatchCommand(text);
        foreach (var parameter in parameters)
            statement.Parameters.Add(parameter);
        session.QueueOperation(new StatementOperation(statement));
    }

    /// <summary>The Portal that the session belongs to, as the first parameter of its statements.</summary>
    public static NpgsqlParameter Portal(this IDocumentSession session) => Sql.Text(session.TenantId);
}
