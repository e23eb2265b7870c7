using System.ComponentModel;
using System.Reflection;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Api.Hosting;

/// <summary>Reads the configuration, and reports all errors in it at once.</summary>
internal static class RegistryConfiguration
{
    /// <exception cref="StartRefusedException">A value is malformed, or one of our sections contains an unknown name.</exception>
    /// <param name="others">Further checks of the options; each returns the errors that it finds.</param>
    public static RegistryOptions Read(IConfiguration configuration, Func<RegistryOptions, IEnumerable<string>> others)
    {
        var misread = Misread(configuration).ToList();
        var readable = configuration.AsEnumerable().Where(e => !misread.Exists(m => m.Path == e.Key));
        var options = new ConfigurationBuilder().AddInMemoryCollection(readable).Build().Get<RegistryOptions>() ?? new RegistryOptions();
        var wrong = new RegistryOptionsValidator().Validate(options).Errors.Select(e => e.ErrorMessage);
        string[] faults = [.. misread.Select(m => $"{m.Path.Replace(":", "__", StringComparison.Ordinal)} {m.Fault}"), .. wrong, .. others(options)];
        return faults.Length == 0 ? options : throw new StartRefusedException(faults);
    }

    private static IEnumerable<(string Path, string Fault)> Misread(IConfiguration configuration) =>
        from section in typeof(RegistryOptions).GetProperties()
        where section.Name != nameof(RegistryOptions.ConnectionStrings) // other programs may share this section
        let known = section.PropertyType.GetProperties()
        from set in configuration.GetSection(section.Name).GetChildren()
        let fault = Fault(set, Array.Find(known, p => p.Name.Equals(set.Key, StringComparison.OrdinalIgnoreCase)), known)
        where fault is not null
        select (set.Path, fault);

    private static string? Fault(IConfigurationSection set, PropertyInfo? property, PropertyInfo[] known)
    {
        if (property is null)
            return $"is not a setting. Known beside it are {string.Join(", ", known.Select(p => p.Name))}.";
        if (set.Value is not { Length: > 0 } value)
            return null;

        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var converter = TypeDescriptor.GetConverter(type);
        if (!converter.CanConvertFrom(typeof(string)))
            return "is a list: number its entries, from __0 on.";
        return converter.IsValid(value)
            ? null
            : $"cannot be '{value}': {(type == typeof(bool) ? "true or false" : type == typeof(TimeSpan) ? "a time as hh:mm:ss" : "a whole number")} is needed.";
    }
}
