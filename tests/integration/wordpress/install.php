<?php // Installs the WordPress in the folder $argv[1], for the user $argv[2]; safe to run again.
list( , $folder, $user, $password, $program ) = $argv;
function wp_mail() { return true; }
define( 'WP_INSTALLING', true );
$_SERVER['HTTP_HOST'] = '127.0.0.1';
require "$folder/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
add_filter( 'wp_hash_password_options', fn() => array( 'cost' => 4 ) ); // Tests sign in often.
if ( ! is_blog_installed() ) {
	wp_install( 'A site', $user, 'observer@example.test', true, '', $password );
}
if ( ! wp_get_theme()->exists() ) {
	switch_theme( array_key_first( wp_get_themes() ) );
}
update_option( 'timezone_string', 'UTC' );
$id = get_user_by( 'login', $user )->ID;
add_filter( 'random_password', fn() => $program );
$made = WP_Application_Passwords::create_new_application_password( $id, array( 'name' => 'tests' ) );
if ( is_wp_error( $made ) ) {
	fwrite( STDERR, $made->get_error_message() );
	exit( 1 );
}
