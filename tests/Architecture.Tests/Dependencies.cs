using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace PeerRegistry.Architecture.Tests;

/// <summary>Which types a type really uses: signatures, attributes, and every instruction of its methods.</summary>
internal static class Dependencies
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => o.Value);

    /// <summary>Every pair of types of <paramref name="assembly"/> where the first uses the second; nested types count as their outermost.</summary>
    public static IEnumerable<(Type From, Type To)> Of(Assembly assembly) =>
        from type in assembly.GetTypes()
        where !type.IsDefined(typeof(CompilerGeneratedAttribute)) || type.DeclaringType is not null
        from used in Used(type).SelectMany(Parts).Select(Outermost).Distinct()
        where used != Outermost(type)
        select (Outermost(type), used);

    public static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<Type?> Used(Type type)
    {
        var methods = type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)).ToList();
        return [
            type.BaseType,
            .. type.GetInterfaces(),
            .. type.GetCustomAttributesData().Select(a => a.AttributeType),
            .. type.GetFields(Declared).Select(f => f.FieldType),
            .. methods.OfType<MethodInfo>().Select(m => m.ReturnType),
            .. methods.SelectMany(m => m.GetParameters()).Select(p => p.ParameterType),
            .. methods.SelectMany(m => m.GetMethodBody()?.LocalVariables ?? []).Select(v => v.LocalType),
            .. methods.SelectMany(InBody),
        ];
    }

    private static IEnumerable<Type?> InBody(MethodBase method)
    {
        var il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var i = 0; i < il.Length;)
        {
            var value = il[i] == 0xFE ? unchecked((short)((il[i++] << 8) | il[i++])) : il[i++];
            var operand = OpCodesByValue[value].OperandType;
            if (operand is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                var member = method.Module.ResolveMember(
                    BitConverter.ToInt32(il, i), method.DeclaringType!.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : []);
                yield return member as Type ?? member!.DeclaringType;
                if (member is MethodInfo called)
                {
                    foreach (var argument in called.GetGenericArguments().Append(called.ReturnType))
                        yield return argument;
                }
            }

            i += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, i)),
                _ => 4,
            };
        }
    }

    private static IEnumerable<Type> Parts(Type? type) => type switch
    {
        null or { IsGenericParameter: true } => [],
        { HasElementType: true } => Parts(type.GetElementType()),
        { IsConstructedGenericType: true } => type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()),
        _ => [type],
    };
}
