using FluentValidation;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Common;

public static class NameRule
{
    /// <summary><c>name_invalid</c> where <see cref="DisplayName"/> does not allow the name.</summary>
    public static IRuleBuilderOptions<T, string> MustBeName<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(DisplayName.IsValid).WithErrorCode("name_invalid").WithMessage(DisplayName.Rule);

    /// <summary>The same for a name that may be absent.</summary>
    public static IRuleBuilderOptions<T, string?> MustBeNameOrNull<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(name => name is null || DisplayName.IsValid(name)).WithErrorCode("name_invalid").WithMessage(DisplayName.Rule);
}
