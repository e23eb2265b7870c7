using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Architecture.Tests;

/// <summary>What every feature keeps to, so that who has read one can read all.</summary>
public sealed class FeatureRules
{
    [Fact]
    public void Every_request_has_exactly_one_handler()
    {
        var handled = Source.Application.GetTypes().Concat(Source.Api.GetTypes())
            .SelectMany(t => t.GetInterfaces())
            .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequestHandler<,>))
            .Select(i => i.GetGenericArguments()[0])
            .ToList();
        var requests = Source.AllTypes.Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(IBaseRequest)));
        Assert.All(requests, request => Assert.Single(handled, request));
    }

    [Fact]
    public void Every_validator_is_public_and_registered()
    {
        var validators = Source.Application.GetTypes().Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(IValidator))).ToList();
        var registered = new ServiceCollection().AddApplication();

        Assert.NotEmpty(validators);
        Assert.All(validators, validator =>
        {
            Assert.True(validator.IsVisible, validator.FullName);
            Assert.Single(registered,
                s => s.ImplementationType == validator && s.ServiceType.IsGenericType && s.ServiceType.GetGenericTypeDefinition() == typeof(IValidator<>));
        });
    }

    [Fact]
    public void Every_use_case_but_those_of_the_hot_path_has_the_whole_pipeline()
    {
        var registered = new ServiceCollection().AddApplication();
        var requests = Source.Application.GetTypes().Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(IBaseRequest))).ToList();
        Type[] hot = [typeof(AuthorizeRequest), typeof(CallPeer)];

        Assert.All(hot, request => Assert.Empty(Pipeline(request)));
        Assert.All(requests.Except(hot), request => Assert.Superset(new HashSet<string> { "TracingBehavior`2", "ValidationBehavior`2" }, Pipeline(request)));

        HashSet<string> Pipeline(Type request) =>
        [
            .. registered.Where(s => s.ServiceType.IsConstructedGenericType && s.ServiceType.GetGenericTypeDefinition() == typeof(IPipelineBehavior<,>)
                && s.ServiceType.GenericTypeArguments[0] == request).Select(s => s.ImplementationType!.Name),
        ];
    }

    [Fact]
    public void Every_event_is_sealed_and_has_a_wire_name_of_its_own()
    {
        var events = Source.AllTypes.Where(t => t is { IsAbstract: false } && t.IsAssignableTo(typeof(DomainEvent))).ToList();
        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.True(e.IsSealed, e.Name));

        var names = events.Select(e => Attribute.GetCustomAttribute(e, typeof(WireNameAttribute)) as WireNameAttribute).Select(a => a?.Name).ToList();
        Assert.All(names, name => Assert.Matches("^[a-z]+(_[a-z]+)*$", name));
        Assert.Distinct(names);
    }

    [Fact]
    public void No_type_is_named_like_a_namespace()
    {
        var words = Source.AllTypes.Select(t => t.Namespace).Where(n => n?.StartsWith("PeerRegistry.", StringComparison.Ordinal) == true)
            .SelectMany(n => n!.Split('.')).ToHashSet();
        Assert.DoesNotContain(Source.AllTypes, t => t.Namespace?.StartsWith("PeerRegistry", StringComparison.Ordinal) == true && words.Contains(t.Name));
    }

    [Fact]
    public void Every_setting_is_in_the_documentation()
    {
        var page = File.ReadAllText(Path.Combine(Source.Root, "docs/configuration.md"));
        var settings =
            typeof(RegistryOptions).GetProperties().SelectMany(section => section.PropertyType.GetProperties(), (section, p) => $"{section.Name}__{p.Name}");
        Assert.All(settings, setting => Assert.Contains($"`{setting}", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_project_has_its_lock_file()
    {
        var projects = Source.Files(".", "*.csproj").Where(p => !p.Contains("/sdk/templates/", StringComparison.Ordinal)).ToList(); // those become others' projects
        Assert.NotEmpty(projects);
        Assert.All(projects, p => Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(p)!, "packages.lock.json")), p));
    }
}
