/* For a main() that returns nothing, which `ringside cc` compiles under another name: the program's exit code is 0. */
void ringside_main(int argc, char **argv, char **environment);

int main(int argc, char **argv, char **environment) {
    ringside_main(argc, argv, environment);
    return 0;
}
