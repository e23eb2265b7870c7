using FluentValidation;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Common;

public static class NameRule
{
    /// <summary>Refuses a name that <see cref="DisplayName"/> does not allow, with <c>name_invalid</c>.</summary>
    public static IRuleBuilderOptions<T, string> MustBeName<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(DisplayName.IsValid).WithErrorCode("name_invalid").WithMessage(DisplayName.Rule);

    /// <summary>The same for a name that may be absent.</summary>
    public static IRuleBuilderOptions<T, string?> MustBeNameOrNull<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(name => name is null || DisplayName.IsValid(name)).WithErrorCode("name_invalid").WithMessage(DisplayName.Rule);
}
