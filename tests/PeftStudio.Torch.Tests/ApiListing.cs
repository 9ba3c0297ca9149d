using System.Globalization;
using System.Reflection;

namespace PeftStudio.Tests;

/// <summary>Public members as one line of text each, in the format of torchsharp/api-0.107.txt.</summary>
internal static class ApiListing
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IReadOnlyList<string> Of(IEnumerable<Type> types) => [.. types.SelectMany(Lines).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Lines(Type type)
    {
        var name = Name(type);
        if (type.IsEnum)
            return [$"{name}: enum {string.Join(", ", Enum.GetNames(type).Select(n => $"{n}={Convert.ToInt64(Enum.Parse(type, n), CultureInfo.InvariantCulture)}"))}"];
        var kind = type.IsValueType ? "struct" : type.IsInterface ? "interface" : type is { IsAbstract: true, IsSealed: true } ? "static class" : "class";
        var parent = type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType) ? " : " + Name(b) : "";
        return new[] { kind + parent }
            .Concat(type.GetConstructors(Declared).Select(c => $"new({Parameters(c.GetParameters())})"))
            .Concat(type.GetMethods(Declared).Where(m => !m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal)).Select(Method))
            .Concat(type.GetProperties(Declared).Select(Property))
            .Concat(type.GetFields(Declared).Select(f => $"{Static(f.IsStatic)}{Name(f.FieldType)} {f.Name}"))
            .Select(line => $"{name}: {line}");
    }

    private static string Method(MethodInfo method)
    {
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        return $"{Static(method.IsStatic)}{Name(method.ReturnType)} {method.Name}{generic}({Parameters(method.GetParameters())})";
    }

    private static string Property(PropertyInfo property)
    {
        var accessor = property.GetMethod ?? property.SetMethod;
        var index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{Parameters(parameters)}]" : "";
        var get = property.GetMethod?.IsPublic == true ? "get; " : "";
        var set = property.SetMethod?.IsPublic == true ? "set; " : "";
        return $"{Static(accessor?.IsStatic == true)}{Name(property.PropertyType)} {property.Name}{index} {{ {get}{set}}}";
    }

    private static string Static(bool yes) => yes ? "static " : "";

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        var prefix = parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        var type = parameter.IsOut ? "out " + Name(parameter.ParameterType.GetElementType()!) : Name(parameter.ParameterType);
        return $"{prefix}{type} {parameter.Name}{Default(parameter)}";
    }

    private static string Default(ParameterInfo parameter) => !parameter.HasDefaultValue ? "" : " = " + parameter.RawDefaultValue switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool yes => yes ? "true" : "false",
        var other => Convert.ToString(other, CultureInfo.InvariantCulture),
    };

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return "ref " + Name(type.GetElementType()!);
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (type.IsGenericParameter)
            return type.Name;
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Name(underlying) + "?";
        var space = type.Namespace is "System" or "TorchSharp" ? "" : type.Namespace + ".";
        var name = type.IsNested ? Nested(type) : space + Bare(type);
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }

    private static string Nested(Type type) => $"{(type.DeclaringType!.IsNested ? Nested(type.DeclaringType) : Bare(type.DeclaringType))}.{Bare(type)}";

    private static string Bare(Type type) => type.Name.Split('`')[0];
}
