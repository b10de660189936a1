"""What do we know about each star: surveys, their readers, periods, features, the demo sky."""
