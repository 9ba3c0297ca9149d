using PeftStudio.Browser.Tests.Studio;

// One journey after the other: each has real workers, and the machine may have two cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(Chromium))]
[assembly: AssemblyFixture(typeof(SharedStudio))]
