using FluentValidation;
using MediatR;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Common;

/// <summary>Runs the validators of a request before its handler. A rule may have its own code; the default is <c>request_invalid</c>.</summary>
internal sealed class ValidationBehavior<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        foreach (var validator in validators)
        {
            if (validator.Validate(request).Errors is [var first, ..] all)
            {
                var code = first.ErrorCode.Any(char.IsAsciiLetterUpper) ? "request_invalid" : first.ErrorCode;
                throw new RefusedException(RefusalKind.Invalid, code, string.Join(' ', all.Select(e => e.ErrorMessage)));
            }
        }

        return next();
    }
}
