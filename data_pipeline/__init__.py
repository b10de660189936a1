"""What do we know about each star: surveys on disk, their readers, periods, features, the demo sky."""
