// Tests count the process's live tensors.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
