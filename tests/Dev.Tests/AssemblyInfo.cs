[assembly: CollectionBehavior(DisableTestParallelization = true)] // ./run builds, and two builds in one folder disturb each other
