// Writes the sample tasks: dotnet run samples/generate-tasks.cs [-- FOLDER]
// Equal seeds write equal bytes, and a test compares the files in the repository with what this writes.
using System.Runtime.CompilerServices;
using PeftStudio.Samples;

var root = args is [var folder] ? folder : Path.Join(Path.GetDirectoryName(Here()), "tasks");
foreach (var task in SampleTask.All())
    foreach (var (name, text) in task.Files)
    {
        var path = Path.Join(Directory.CreateDirectory(Path.Join(root, task.Folder)).FullName, name);
        File.WriteAllText(path, text);
        Console.WriteLine($"{path}: {text.Length:N0} characters");
    }

static string Here([CallerFilePath] string path = "") => path;
